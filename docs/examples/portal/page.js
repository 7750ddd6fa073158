// The widget asks for a session when it starts, and for the next one before the last has ended.
document.querySelector("partnergraph-orders").tokenProvider = async () => {
  const response = await fetch("/orders-session", { method: "POST" });
  if (!response.ok) throw new Error((await response.json()).error);
  return (await response.json()).token;
};
