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

  /** Orders that the reader asked for: those that were not shown before are no news. */
  meet(orders: readonly Versioned[]): void {
    this.#mark(orders, () => false);
  }

  /** Orders as they are now: marks those that have changed, and answers how many of them just did. */
  compare(orders: readonly Versioned[]): number {
    const latest = this.#latest;
    return this.#mark(orders, ({ updatedAt }) => updatedAt > latest);
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

  #mark(orders: readonly Versioned[], isNews: (unknown: Versioned) => boolean): number {
    let news = 0;
    for (const order of orders) {
      const { id, version, updatedAt } = order;
      const seen = this.#seen.get(id);
      if (seen === undefined ? isNews(order) : seen !== version) {
        this.#marked.add(id);
        news += 1;
      }
      this.#seen.set(id, version);
      if (updatedAt > this.#latest) this.#latest = updatedAt;
    }
    return news;
  }
}
