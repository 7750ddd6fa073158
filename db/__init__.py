"""The database: models, migrations, and sessions that see the rows of one scope.

- `session`: `Database`, `ReadSession` and `WriteSession`, the only public way to the data;
- `models/`, with `base`, `types`, `enums` and `ids`; `migrations/`; `immutability`, triggers;
- `scope/`: which rows a session sees, and the two layers that enforce it;
- `changes/`: change tokens, for answers that need not be made again;
- `queries/` and `keyset`: lists that are filtered, sorted and paged; `search`, `expressions`;
- `rows`, `statements`, `snapshot`, `engine`: how a session sends statements and reads rows;
- `read_audit`, `faults`, `bulk`: audited reads, causes of errors, bulk loading.
"""
