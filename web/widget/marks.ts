// Which orders have changed since the reader last looked at them. Kept for as long as the page is.

interface Versioned {
  readonly id: string;
  readonly version: number;
  readonly updatedAt: string;
}

export class Marks {
  readonly #seen = new Map<string, number>();
  readonly #marked = new Set<string>();
  /** The latest change that the reader knows of, by the server's clock. */
  #latest = "";

  has(id: string): boolean {
    return this.#marked.has(id);
  }

  get count(): number {
    return this.#marked.size;
  }

  /** Orders that the reader asked for: those that were not shown before are no news. Answers 0. */
  meet(orders: readonly Versioned[]): number {
    for (const { id, version } of orders) {
      if (!this.#seen.has(id)) this.#seen.set(id, version);
    }
    this.#remember(orders);
    return 0;
  }

  /** Orders as they are now: marks those that have changed, and answers how many of them just did. */
  compare(orders: readonly Versioned[]): number {
    let news = 0;
    for (const { id, version, updatedAt } of orders) {
      const seen = this.#seen.get(id);
      const changed = seen === undefined ? updatedAt > this.#latest : seen !== version;
      if (changed) {
        this.#marked.add(id);
        news += 1;
      }
      this.#seen.set(id, version);
    }
    this.#remember(orders);
    return news;
  }

  /** The reader has seen the order as it is. */
  see({ id, version }: Versioned): void {
    this.#seen.set(id, version);
    this.#marked.delete(id);
  }

  seeAll(): void {
    this.#marked.clear();
  }

  forget(): void {
    this.#seen.clear();
    this.#marked.clear();
    this.#latest = "";
  }

  #remember(orders: readonly Versioned[]): void {
    for (const { updatedAt } of orders) {
      if (updatedAt > this.#latest) this.#latest = updatedAt;
    }
  }
}
