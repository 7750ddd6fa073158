// GraphiQL's storage for tabs, history and layout. Removes headers from the history, so that a key is
// kept beyond the browser tab only if the user turns on persisting headers.
const PREFIX = "graphiql:";
const HISTORY = new Set([`${PREFIX}queries`, `${PREFIX}favorites`]);

function ownKeys() {
  return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
}

export const storage = {
  getItem: (key) => localStorage.getItem(key),
  setItem(key, value) {
    localStorage.setItem(key, HISTORY.has(key) ? withoutHeaders(value) : value);
  },
  removeItem: (key) => localStorage.removeItem(key),
  clear: () => ownKeys().forEach((key) => localStorage.removeItem(key)),
  get length() {
    return ownKeys().length;
  },
};

function withoutHeaders(json) {
  return JSON.stringify(JSON.parse(json), (name, value) =>
    name === "headers" ? undefined : value,
  );
}
