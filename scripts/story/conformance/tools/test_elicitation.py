async def main(message: str) -> str:
    """Asks for a name and an address."""
    form = {
        "type": "object",
        "properties": {
            "username": {"type": "string", "description": "User's response"},
            "email": {"type": "string", "description": "User's email address"},
        },
        "required": ["username", "email"],
    }
    answer = await ctx.elicit(message, form)
    return f"User response: {answer.action}, {json.dumps(answer.content)}"
