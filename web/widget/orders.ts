// The entry point: defines the custom element <partnergraph-orders>.
import { PartnergraphOrders } from "./element";

const NAME = "partnergraph-orders";
if (customElements.get(NAME) === undefined) customElements.define(NAME, PartnergraphOrders);

export { PartnergraphOrders };
export type { Reason, TokenProvider } from "./tokens";
