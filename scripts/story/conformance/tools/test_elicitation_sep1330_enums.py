def titled(word: str, titles: list) -> list:
    return [{"const": f"value{number}", "title": f"{title} {word}"} for number, title in enumerate(titles, 1)]


async def main() -> str:
    """Asks with each sort of choice."""
    options, titles = ["option1", "option2", "option3"], ["First", "Second", "Third"]
    names = ["Option One", "Option Two", "Option Three"]
    form = {
        "untitledSingle": options,
        "titledSingle": {"type": "string", "oneOf": titled("Option", titles)},
        "legacyEnum": {"type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": names},
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": options}},
        "titledMulti": {"type": "array", "items": {"anyOf": titled("Choice", titles)}},
    }
    answer = await ctx.elicit("Please choose", form)
    return f"Elicitation completed: action={answer.action}, content={json.dumps(answer.content)}"
