"""Running a selection against both arms, each result recorded as it comes."""
