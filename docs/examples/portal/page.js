// The widget calls this when it starts, and again before a session expires.
document.querySelector("partnergraph-orders").tokenProvider = async () => {
  const response = await fetch("/orders-session", { method: "POST" });
  if (!response.ok) throw new Error((await response.json()).error);
  return (await response.json()).token;
};
