-- Owners whose messages count as theirs for a time, although they come through a relay that runs the bot.
CREATE TABLE confirmation (
  user INTEGER PRIMARY KEY,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL
) STRICT;
