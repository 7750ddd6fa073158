"""Statements that read the order book: one module an aggregate. No scope stands here: the session
adds it (`db.session`)."""
