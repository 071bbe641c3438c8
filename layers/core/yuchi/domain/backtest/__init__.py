"""What a rule would have done: the archive's events once more, through the same decisions.

The way of a backtest: ``needs`` says which other rules and which event types the rule rests on; ``replay`` lets the events
happen again, person by person, with a profile that grows as the live one does; ``findings`` sums up; ``applying`` gives
those who matched what the rule would have noted on their profiles.

What a replay cannot know: persons as they were before the archive begins; contacts and places, which are not archived; what
an operator did by hand (merges undone, rules edited meanwhile). Rules are taken as they are today. How many rules may fire
for one person within an hour is counted over the rules that are replayed.
"""
