"""Secrets in texts of others: none is left in any notation that is common, and ordinary sentences stay as they are."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakecat.plaintext import redact

CANARY = "hunter3-Zq7"
AWS_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJDQU5BUlkifQ.c2lnbmF0dXJlLUNBTkFSWQ"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7\nCANARYCANARY\n-----END RSA PRIVATE KEY-----"

KEYS = (
    *("password", "PASSWORD", "db_password", "dbPassword", "passwd", "pwd", "PGPASSWORD", "pass", "passphrase"),
    *("token", "session_token", "sessionToken", "x-amz-security-token", "auth_token", "access.token"),
    *("secret", "client_secret", "clientSecret", "aws_secret_access_key", "AWS_SECRET_ACCESS_KEY", "secretAccessKey"),
    *("api_key", "apikey", "apiKey", "x-api-key", "account_key", "AccountKey", "access_key_id", "private_key"),
    *("credential", "credentials", "sig", "sas", "auth", "sas_token", "connection_string", "password_hash"),
    *("secret access key", "api key", "LAKECAT_STORAGE__SECRET_ACCESS_KEY"),
)
NOTATIONS = (
    "{key}={value}",
    "{key} = {value}",
    "{key}: {value}",
    "{key}:{value}",
    "{key}='{value}'",
    '{key}="{value} and more"',
    "Config({key}='{value}', region='eu')",
    "{{'{key}': '{value}'}}",
    '{{"{key}": "{value}"}}',
    "{{'{key}': b'{value}', 'a': 1}}",
    '"{{\\"{key}\\": \\"{value}\\"}}"',
    "[('{key}', '{value}')]",
    '[["a", "b"], ["{key}", "{value}"]]',
    "run --{key} {value} -h",
    "Server=db;{key}={value};Timeout=3",
    "?a=1&{key}={value}&b=2",
    "{key} => {value}",
    "<{key}>{value}</{key}>",
)


@pytest.mark.finding(11)
@pytest.mark.parametrize(
    ("key", "notation"),
    # No name of an element or of an option has a space.
    [(key, text) for key in KEYS for text in NOTATIONS if " " not in key or not text.startswith(("<", "run"))],
)
def test_what_a_name_calls_secret(key: str, notation: str) -> None:
    """The value of a name that says that it is secret is taken out, in each notation; what stands around it stays."""
    shown = redact(f"it failed with {notation.format(key=key, value=CANARY)} while it read 12 rows")
    assert CANARY not in shown
    assert "***" in shown
    assert shown.startswith("it failed with ")
    assert shown.endswith(" while it read 12 rows")


@pytest.mark.finding(11)
@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("key AKIAIOSFODNN7EXAMPLE is gone", "AKIAIOSFODNN7EXAMPLE"),
        ("ASIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"),
        ("with ghp_16C7e42F292c6912E7710c838347Ae178B4a", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"),
        ("github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz refused", "11ABCDEFG0abcdefghijkl"),
        ("glpat-abcdefghij0123456789", "abcdefghij0123456789"),
        ("posting as xoxb-123456789012-abcdefABCDEF", "123456789012"),
        ("https://hooks.slack.com/services/T00/B00/XXXXCANARY", "XXXXCANARY"),
        ("AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY", "SyD-9tSrke72PouQMnMX"),
        (f"jwt {JWT} expired", "eyJzdWIi"),
        (f"cannot parse {PEM} as a key", "CANARYCANARY"),
        ("cut off: -----BEGIN PRIVATE KEY-----\nMIICANARY", "MIICANARY"),
        (f"signed with {AWS_SECRET}.", AWS_SECRET),
        ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", "4eC39HqLyjWDarjtT1zdp7dc"),
        ("SG.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc", "TwL2iGABf9DHoTf"),
        ("hvs.CAESIJabcdefghijklmn", "CAESIJabcdefghijklmn"),
        ("dapi0123456789abcdef0123456789abcdef", "0123456789abcdef"),
        ("Authorization: Bearer abc.def-CANARY", "CANARY"),
        ("{'Authorization': 'Basic dXNlcjpDQU5BUlk='}", "dXNlcjpDQU5BUlk"),
        ("('authorization', 'token CANARY99')", "CANARY99"),
        ("Authorization: AWS4-HMAC-SHA256 Credential=CANARY/20260101/eu, Signature=feCANARY", "CANARY"),
        ("sent Bearer CANARY-1234 to it", "CANARY-1234"),
        ("basic dXNlcjpDQU5BUlk= is wrong", "dXNlcjpDQU5BUlk"),
        ("Set-Cookie: sid=CANARY; Path=/", "CANARY"),
        ("postgresql://me:CANARY@db:5432/x", "CANARY"),
        ("postgresql://me:CAN/ARY@db:5432/x", "ARY"),
        ("postgresql://me:CAN#ARY?x@db:5432/x", "ARY"),
        ("https://acc.blob.core.windows.net/c?sv=2020&sig=CANARY%3D&se=1", "CANARY"),
        ("me:CANARY@db.example refused", "CANARY"),
        ("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=CANARY==;EndpointSuffix=x", "CANARY"),
        ("psql --password CANARY -h db", "CANARY"),
        ("curl --api-key=CANARY", "CANARY"),
        ("pass\x1b[0mword: \x1b[31mCANARY\x1b[0m", "CANARY"),
        ("password:\n  CANARY", "CANARY"),
        ("{'password': 'it\\'s CANARY'}", "CANARY"),
        ("{'passwords': ['first', 'CANARY']}", "CANARY"),
        ('{"password":["CANARY"],"a":1}', "CANARY"),
        ('"{\\"token\\": [\\"CANARY\\"]}"', "CANARY"),
        ("secrets={'a': 'x', 'b': ('y', 'CANARY')}", "CANARY"),
        ("Config(secret=SecretStr('CANARY'), region='eu')", "CANARY"),
        ("Config(token=auth.Token(value='it is ) CANARY'))", "CANARY"),
        ("password: |\n    CANARY", "CANARY"),
        ("password: >-\n    CANARY", "CANARY"),
        ("next=%2Flogin%3Fpassword%3DCANARY", "CANARY"),
        ("/x?q=%7B%22password%22%3A%22CANARY%22%7D", "CANARY"),
        ("password\\u003dCANARY", "CANARY"),
        ("password2=CANARY", "CANARY"),
        ("old_token_1: CANARY", "CANARY"),
        ("passwords['db'] = 'CANARY'", "CANARY"),
        ("GET /b/k?X-Amz-Date=1&X-Amz-Signature=CANARY", "CANARY"),
        ("SharedAccessSignature=CANARY", "CANARY"),
    ],
)
def test_shapes_of_secrets(text: str, secret: str) -> None:
    """Tokens of well-known services, keys, headers and credentials of URLs are taken out wherever they stand."""
    assert secret not in redact(text)


@pytest.mark.finding(11)
@pytest.mark.parametrize("sentence", [
    "unable to find column 'token'; valid columns: ['a', 'b']",
    "unexpected token: FROM at line 3, column 12",
    "sql parser error: Expected: end of statement, found: token at Line: 1",
    "primary key: id; foreign key: users.id; partition key: day; sort key: hour",
    "KeyError: 'name'",
    "duplicate key: 5",
    "no credentials: set AWS_ACCESS_KEY_ID or use a role",
    "the password is wrong",
    "invalid token: expected ')'",
    "max_tokens=100, tokens: 15, tokenizer=bpe",
    "author: Jane Doe, authority: none, compass: north, bypass: 3, assets=4",
    "bearer of bad news; a Bearer token is missing; Basic authentication failed",
    "the columns are ['password', 'email'] and the keys ('token', 'name', 3)",
    "s3://bucket/year=2020/month=01/part-0.parquet",
    "Delta table at /srv/lake/events/_delta_log/00000000000000000010.json",
    "commit 3f786850e387550fdab836ed7e6dc881de23001b, id 123e4567-e89b-12d3-a456-426614174000",
    "os error 2: No such file or directory (set X=1)",
    "dtype Enum(categories=['a', 'b']) is not String: 12:30:45 at 2026-01-31T12:00:00+00:00",
    "mail to someone@example.org at 10:15",
    "connection refused: tcp connect error 127.0.0.1:9000",
    "secretary: Jane; session: 12; signature: (x: int) -> int",
    "basic usage: see the docs",
    "two passwords are wrong; secrets [2 of 3] were read",
    "got an unexpected token: (1, 2)",
])  # fmt: skip
def test_ordinary_sentences_stay(sentence: str) -> None:
    """What an error says of its cause is not taken for a secret."""
    assert redact(sentence) == sentence


secrets = st.text("abcXYZ019-_+/=.~", min_size=8, max_size=40).filter(lambda s: s.strip("-=./+~_") == s)
words = st.lists(
    st.sampled_from(["the", "store", "said", "no", "403", "at", "line", "'x'", "(a)", "n=3", "\n"]), max_size=6
)


@pytest.mark.finding(11)
@given(words, words, secrets, st.sampled_from(KEYS[:-3]), st.sampled_from(NOTATIONS))
def test_no_secret_is_left(before: list[str], after: list[str], secret: str, key: str, notation: str) -> None:
    """Whatever the secret and the text around it, nothing of it is left, and redacting twice changes nothing."""
    text = " ".join([*before, notation.format(key=key, value=secret), *after])
    shown = redact(text)
    assert secret not in shown
    assert redact(shown) == shown


@pytest.mark.finding(11)
@given(st.text(min_size=8), st.sampled_from([str, repr, json.dumps, ascii]))
def test_known_values_in_any_writing(secret: str, write: object) -> None:
    """A value that is known to be secret is taken out as it is and as Python or JSON write it."""
    text = f"it said <{write(secret)}>"  # type: ignore[operator]
    assert write(secret).strip("'\"") not in redact(text, [secret]).replace("it said <***>", "")  # type: ignore[operator]


@given(st.text(max_size=200))
def test_any_text_can_be_redacted(text: str) -> None:
    """No text makes it fail."""
    redact(text)


@pytest.mark.finding(11)
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LAKECAT_STORAGE__SECRET_ACCESS_KEY", "opensesame99"),
        ("LAKECAT_STORAGE__OPTIONS__AZURE_STORAGE_SAS_TOKEN", "sv2020x77x"),
        ("LAKECAT_STORAGE__SESSION_TOKEN", "sesamsesam"),
        ("AWS_SECRET_ACCESS_KEY", "plainwords"),
        ("GITHUB_TOKEN", "justletters"),
        ("MY_DB_PASSWORD", "correcthorse"),
        ("DATABASE_URL", "postgresql://me:horsebattery@db/x"),
    ],
)
def test_values_of_the_environment(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The values of variables whose names say that they are secret are taken out of every text, however they stand."""
    secret = value.partition("://me:")[2].partition("@")[0] or value
    monkeypatch.setenv(variable, value)
    assert redact(f"it knows {secret}, twice ({secret})") == "it knows ***, twice (***)"


@pytest.mark.parametrize(
    ("variable", "value", "text"),
    [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/token", "cannot open /var/run/token"),
        ("MY_TOKEN", "true", "it is true"),
        ("MY_TOKEN", "lake", "the lakehouse"),
        ("PWD_OF_SHELL", "/srv/lake", "no file in /srv/lake/x"),
    ],
)
def test_values_that_are_no_secrets(variable: str, value: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths, truth values and parts of words are left alone, so that errors can be read."""
    monkeypatch.setenv(variable, value)
    assert redact(text) == text


@pytest.mark.parametrize("text", ["password_", "a.b-", "x:", "'", "\\\\", "Aa1/", "<pass ", "-----BEGIN "])
def test_long_texts(text: str) -> None:
    """A long text of one thing is redacted like a short one; its start is kept."""
    shown = redact(text * 5_000)
    assert shown.startswith(text[:4])
