# what: Asks a local model; the text has a system prompt of its own.
# hosts: 192.168.1.50:11434 (POST)
SYSTEM = "You are a careful translator. Answer with the translation only, and keep names as they are."


async def main(text: str, language: str = "German", model: str = "llama3.1") -> str:
    """Translate a text with the model on my own server."""
    reply = await http.post(
        "http://192.168.1.50:11434/api/generate",
        json={"model": model, "system": SYSTEM, "prompt": f"Translate to {language}:\n\n{text}", "stream": False},
        timeout=100,
    )
    reply.raise_for_status()
    return reply.json()["response"].strip()
