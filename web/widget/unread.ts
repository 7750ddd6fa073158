// Which orders have changed since the reader last saw them. Kept in memory, until the page is left.

interface Versioned {
  readonly id: string;
  readonly version: number;
  readonly updatedAt: string;
}

export class UnreadOrders {
  readonly #versions = new Map<string, number>();
  readonly #unread = new Set<string>();
  /** The latest change that the reader knows of, by the server's clock. */
  #latest = "";

  has(id: string): boolean {
    return this.#unread.has(id);
  }

  get count(): number {
    return this.#unread.size;
  }

  /** Records orders that the reader asked for. Orders that were not shown before are not unread. */
  add(orders: readonly Versioned[]): void {
    this.#record(orders, () => false);
  }

  /** Records the result of a poll. Returns how many orders have changed since the one before. */
  update(orders: readonly Versioned[]): number {
    const latest = this.#latest;
    return this.#record(orders, ({ updatedAt }) => updatedAt > latest);
  }

  /** Records that the reader has seen the order in this version. */
  markRead({ id, version }: Versioned): void {
    this.#versions.set(id, version);
    this.#unread.delete(id);
  }

  markAllRead(): void {
    this.#unread.clear();
  }

  clear(): void {
    this.#versions.clear();
    this.#unread.clear();
    this.#latest = "";
  }

  /** `isNew` decides for orders that were not shown before. */
  #record(orders: readonly Versioned[], isNew: (order: Versioned) => boolean): number {
    let changes = 0;
    for (const order of orders) {
      const { id, version, updatedAt } = order;
      const known = this.#versions.get(id);
      if (known === undefined ? isNew(order) : known !== version) {
        this.#unread.add(id);
        changes += 1;
      }
      this.#versions.set(id, version);
      if (updatedAt > this.#latest) this.#latest = updatedAt;
    }
    return changes;
  }
}
