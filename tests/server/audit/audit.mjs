// Runs the audit suite of graphql-http against a server: node audit.mjs URL API_KEY
// Prints one JSON array of {id, name, status, reason}.
import { serverAudits } from "graphql-http";

const [url, key] = process.argv.slice(2);

const withKey = (target, init = {}) =>
  fetch(target, { ...init, headers: { ...init.headers, authorization: `Bearer ${key}` } });

const results = [];
for (const audit of serverAudits({ url, fetchFn: withKey })) {
  const result = await audit.fn();
  results.push({
    id: audit.id,
    name: audit.name,
    status: result.status,
    reason: result.reason ?? null,
  });
}
process.stdout.write(JSON.stringify(results));
