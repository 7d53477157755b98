"""What may be declared about a table, whichever way: its names, defaults, checks and sentences stand here once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lakecat.errors import DeclarationError
from lakecat.metadata import TableMetadata, columns_from
from lakecat.names import check_name, full_name, near_parameters, told

if TYPE_CHECKING:
    from lakecat.metadata import Place
    from lakecat.sources.declared import ChangeToken


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What an author says of a table beside its function or object; ``None`` leaves it to that.

    ``@table``, ``register_static_table`` and ``Catalog.add_table`` take these as arguments. A test compares their
    signatures and docstrings with this class, so a new field is written here, and then where the test says.

    Args:
        description: What one row is; what the function or object says of itself where none is given.
            reStructuredText in documentation.
        tags: Free labels; the object's own where none are given.
        owner: Who answers for the table; the object's own where none is given.
        schema: The columns: a mapping of names to Polars dtypes or their names, a ``pl.Schema``, a ``pa.Schema``,
            or Columns, whose dtypes may be left to the data.
        name: The table's name; that of the function or object where none is given.
        database: The database it belongs to.
        examples: Values of parameters with which the snippets of documentation run.
        deprecated: Why not to use it any more, and what to use.
        change_token: What tells documentation of changes that a function's code and the tables that it reads do not
            show: a path of a file or folder, several, or a function without parameters that returns a text (of a
            database, say), or ``None`` for "always read again". An object has a method of that name instead.
    """

    description: str | None = None
    tags: Iterable[str] | None = None
    owner: str | None = None
    schema: Any = None
    name: str | None = None
    database: str | None = None
    examples: Mapping[str, Any] | None = None
    deprecated: str = ""
    change_token: ChangeToken | None = None

    def full_name(self, own: str) -> str:
        """Return the full name of the table; ``own`` is the name that it has of itself.

        Raises:
            DeclarationError: A name that cannot be.
        """
        name = check_name(own if self.name is None else self.name)
        return full_name(name, None if self.database is None else check_name(self.database, "database"))

    def metadata(
        self,
        *,
        kind: str,
        name: str,
        description: str = "",
        tags: Iterable[str] = (),
        owner: str | None = "",
        parameters: tuple[str, ...] | None = (),
        place: Place | None = None,
    ) -> TableMetadata:
        """Return all that is declared about a table, of what it says of itself and what this says in place of that.

        Args:
            kind: What it is.
            name: Its own name.
            description: Its own description.
            tags: Its own tags.
            owner: Its own owner; ``None`` where it must be declared.
            parameters: The names of its parameters; ``None`` takes any.
            place: Where it is declared.

        Raises:
            DeclarationError: A value that cannot be; the message names the table and the field.
        """
        where = f"table {self.full_name(name)!r}"
        found = TableMetadata(
            name=name if self.name is None else self.name,
            kind=kind,
            description=description if self.description is None else self.description,
            tags=tags if self.tags is None else self.tags,  # type: ignore[arg-type]
            owner=owner if self.owner is None else self.owner,  # type: ignore[arg-type]
            columns=columns_from(self.schema, where),
            database=self.database,
            deprecated=self.deprecated,
            # A mapping of the author's own may change later.
            examples=dict(self.examples) if isinstance(self.examples, Mapping) else self.examples or {},
            place=place,
        )
        for example in found.examples:
            if parameters is not None and example not in parameters:
                hint = near_parameters(str(example), parameters)
                raise DeclarationError(f"examples of {where} name {told(example)}, which is no parameter of it; {hint}")
        return found
