"""Stand-in router: answers like a mongos in front of real mongod shards where no mongos is installed."""
