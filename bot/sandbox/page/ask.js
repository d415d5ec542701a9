// Speak with the sandbox's control interface.

export async function get(path) {
  return answer(await fetch(`/sandbox/${path}`, { cache: "no-store" }));
}

export async function post(path, wish = {}) {
  return answer(await fetch(`/sandbox/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(wish),
  }));
}

async function answer(response) {
  const said = await response.json();
  if (!response.ok) throw new Error(said.error || response.statusText);
  return said;
}

// Call back whenever something has changed in the sandbox, and whenever it is lost or found.
export function watch(onChange, onLost) {
  const source = new EventSource("/sandbox/stream");
  source.onmessage = onChange;
  source.onerror = onLost;
}
