"""Token buckets: how many points a client has, in memory or in Redis."""
