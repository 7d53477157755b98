"""The tables of the team ``analytics``: functions that make a table from other tables."""

from __future__ import annotations

import polars as pl

from lakecat import Catalog, Column, table


@table(
    owner="analytics",
    tags=["report", "on-time"],
    examples={"month": 7},
    schema=[
        Column(
            "carrier",
            pl.String,
            primary_key=True,
            nullable=False,
            references="airlines.carrier",
            description="Two-character code of the airline.",
        ),
        Column("airline", pl.String, nullable=False, description="Its name, from :lakecat:column:`airlines.name`."),
        Column("flights", pl.Int32, nullable=False, description="Number of scheduled flights."),
        Column("cancelled", pl.Int32, nullable=False, description="How many of them have no departure time."),
        Column(
            "mean_dep_delay",
            pl.Float64,
            description="Mean departure delay of those that departed, in minutes; negative means early.",
        ),
        Column(
            "late_share",
            pl.Float64,
            description="Share of those that departed which did so more than 15 minutes late, from 0 to 1.",
        ),
    ],
)
def delays_by_carrier(month: int = 1) -> pl.LazyFrame:
    """One row for each airline: how many of its flights in a month were cancelled or late.

    ``month`` goes from 1 to 12 and picks one partition of :lakecat:table:`flights`; the others are not read.
    """
    late = pl.col("dep_delay") > 15
    return (
        Catalog()
        .table("flights")
        .filter(pl.col("month") == month)
        .join(Catalog().table("airlines").rename({"name": "airline"}), on="carrier")
        .group_by("carrier", "airline")
        .agg(
            flights=pl.len().cast(pl.Int32),
            cancelled=pl.col("dep_time").is_null().sum().cast(pl.Int32),
            mean_dep_delay=pl.col("dep_delay").mean(),
            late_share=late.mean(),
        )
        .sort("carrier")
    )


@table(
    owner="analytics",
    tags=["report", "on-time", "weather"],
    schema=[
        Column(
            "origin",
            pl.String,
            primary_key=True,
            references="airports.faa",
            description="Code of the airport: EWR, JFK or LGA.",
        ),
        Column("airport", pl.String, description="Its name, from :lakecat:column:`airports.name`."),
        Column("date", pl.Date, primary_key=True, description="Local date of the scheduled departures."),
        Column("flights", pl.Int32, nullable=False, description="Number of scheduled flights."),
        Column("cancelled", pl.Int32, nullable=False, description="How many of them have no departure time."),
        Column("mean_dep_delay", pl.Float64, description="Mean departure delay of those that departed, in minutes."),
        Column("mean_temp", pl.Float64, description="Mean of the hourly temperatures of that date, in °F."),
        Column("precip", pl.Float64, description="Precipitation reported on that date, in inches."),
        Column("min_visib", pl.Float64, description="Lowest visibility reported on that date, in miles."),
    ],
)
def daily_departures() -> pl.LazyFrame:
    """One row for each airport of departure and day of 2013: the flights that left, beside the weather.

    It joins :lakecat:table:`flights`, :lakecat:table:`weather` and :lakecat:table:`airports`. Weather is summed up by
    day before the join, so no flight is counted twice. On 31 December the weather columns are null: there are no
    observations.
    """
    catalog = Catalog()
    date = pl.date("year", "month", "day").alias("date")
    weather = (
        catalog.table("weather")
        .group_by("origin", date)
        .agg(mean_temp=pl.col("temp").mean(), precip=pl.col("precip").sum(), min_visib=pl.col("visib").min())
    )
    departures = (
        catalog.table("flights")
        .group_by("origin", date)
        .agg(
            flights=pl.len().cast(pl.Int32),
            cancelled=pl.col("dep_time").is_null().sum().cast(pl.Int32),
            mean_dep_delay=pl.col("dep_delay").mean(),
        )
    )
    airports = catalog.table("airports").select(origin="faa", airport="name")
    return (
        departures.join(airports, on="origin", how="left")
        .join(weather, on=["origin", "date"], how="left")
        .select("origin", "airport", "date", pl.exclude("origin", "airport", "date"))
        .sort("origin", "date")
    )


@table(
    owner="analytics",
    tags=["report"],
    deprecated=(
        "Use daily_departures, which counts the same by day and airport, beside the weather. Its figures, summed up by "
        "month, are those of this table."
    ),
    schema=[
        Column("month", pl.Int8, primary_key=True, nullable=False, description="Month of 2013, 1 to 12, local date."),
        Column("flights", pl.Int32, nullable=False, description="Number of scheduled flights."),
        Column("cancelled", pl.Int32, nullable=False, description="How many of them have no departure time."),
    ],
)
def cancellations() -> pl.LazyFrame:
    """One row for each month: how many flights were cancelled.

    It was made before :lakecat:table:`daily_departures`, and is kept for reports that still read it.
    """
    return (
        Catalog()
        .table("flights")
        .group_by("month")
        .agg(flights=pl.len().cast(pl.Int32), cancelled=pl.col("dep_time").is_null().sum().cast(pl.Int32))
        .sort("month")
    )
