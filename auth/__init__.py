"""Who is asking. No credential means no principal, and no principal means no answer."""
