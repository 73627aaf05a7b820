async def main() -> str:
    """Asks with a default for each sort of field."""
    form = {
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        "verified": {"type": "boolean", "default": True},
    }
    answer = await ctx.elicit("Please check these", form)
    return f"Elicitation completed: action={answer.action}, content={json.dumps(answer.content)}"
