// The server's values for demo mode: `apiKey`, `orderNumber`, `references`. They are in a data block,
// because the page's Content-Security-Policy allows no inline script.
const block = document.getElementById("partnergraph-demo");

export const demo = block ? JSON.parse(block.textContent) : {};
