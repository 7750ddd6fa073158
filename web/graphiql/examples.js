// The example queries as tabs. Variables get example values by their names.
import { demo } from "./demo.js";

const WEEK = 7 * 24 * 60 * 60 * 1000;

const values = {
  number: demo.orderNumber ?? "the number of one of your orders",
  references: demo.references ?? ["your own reference, or an order, offer or contract number"],
  idempotencyKey: `example-${Date.now()}`,
  since: new Date(Date.now() - WEEK).toISOString().replace(/\.\d+/, ""),
};

// `EXAMPLES` is written by build.mjs: the text of every file in examples/, in order.
export function exampleTabs() {
  return EXAMPLES.map((query) => {
    const declared = Object.entries(values).filter(([name]) => query.includes(`$${name}:`));
    const variables = declared.length
      ? JSON.stringify(Object.fromEntries(declared), null, 2)
      : undefined;
    return { query, variables };
  });
}
