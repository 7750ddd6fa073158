// Sends the API key. A key in a tab's Headers takes precedence. Otherwise the page's key is sent: the
// demo's, or the one that the user entered, kept until the browser tab is closed.
import { useMemo, useRef, useState } from "react";
import { demo } from "./demo.js";

const STORED = "partnergraph:key";

export function useApiKey(endpoint) {
  const [key, setKeyState] = useState(() => demo.apiKey ?? sessionStorage.getItem(STORED));
  const [refused, setRefused] = useState(null);
  // GraphiQL fetches the schema again whenever it gets another fetcher.
  const [generation, setGeneration] = useState(0);
  const wasRefused = useRef(false);

  function setKey(value) {
    if (!demo.apiKey) sessionStorage.setItem(STORED, value);
    setKeyState(value);
    setGeneration((current) => current + 1);
  }

  const fetcher = useMemo(
    () => async (params, options) => {
      const headers = new Headers(options?.headers);
      headers.set("Content-Type", "application/json");
      headers.set("Accept", "application/graphql-response+json, application/json;q=0.9");
      const own = headers.get("Authorization");
      if (!own && key) headers.set("Authorization", `Bearer ${key}`);
      const response = await fetch(endpoint, {
        method: "POST",
        headers,
        body: JSON.stringify(params),
        credentials: "omit",
      });
      if (response.status === 401) {
        wasRefused.current = true;
        setRefused(own ? "header" : key ? "key" : "missing");
      } else if (wasRefused.current) {
        // The user has entered a valid key in the Headers tab: use it for the other tabs too, and
        // fetch the schema, which was refused before.
        wasRefused.current = false;
        setRefused(null);
        const bearer = /^Bearer\s+(\S+)$/i.exec(own ?? "")?.[1];
        if (bearer) setKey(bearer);
      }
      return readJson(response);
    },
    [key, generation],
  );
  return { fetcher, refused, setKey };
}

async function readJson(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return { errors: [{ message: `The server's response (${response.status}) is not JSON: ${text}` }] };
  }
}

const EXPLANATIONS = {
  missing: "This server requires an API key.",
  key: "The server refused this API key. It is wrong, expired or revoked.",
  header: "The server refused the key in the Headers tab. Correct it there and run the query again, or remove it.",
};

const DEMO = "The server refused the key. A demo creates a new key at each start: reload this page.";

export function KeyNotice({ refused, onKey }) {
  function submit(event) {
    event.preventDefault();
    const value = new FormData(event.currentTarget).get("key").trim().replace(/^Bearer\s+/i, "");
    if (value) onKey(value);
  }
  return (
    <form className="key-notice" onSubmit={submit} role="alert">
      <span>{demo.apiKey ? DEMO : EXPLANATIONS[refused]}</span>
      {refused !== "header" && !demo.apiKey && (
        <>
          <label>
            API key{" "}
            <input name="key" type="password" autoComplete="off" spellCheck="false" required autoFocus />
          </label>
          <button type="submit">Use this key</button>
          <span className="key-hint">
            or in the Headers tab: <code>{'{"Authorization": "Bearer …"}'}</code>
          </span>
        </>
      )}
    </form>
  );
}
