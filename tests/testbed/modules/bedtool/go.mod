module plimsoll.dev/testbed/bedtool

go 1.26.0
