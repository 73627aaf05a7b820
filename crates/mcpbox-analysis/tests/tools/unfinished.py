import json

async def main(text: str, limit: int = 10) -> dict
    """Count words."""
    counts = {}
    for word in text.split(:
        counts[word] = counts.get(word, 0) + 1
    best = sorted(counts.items(), key=lambda item: -item[1])[:limit]
    return {"words": dict(best)}
