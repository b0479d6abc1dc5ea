"""Updates in, messages out: durable, in order, at Telegram's pace."""
