# what: Rows as a Markdown table.
def main(rows: list[dict[str, str]]) -> str:
    """Format rows as a Markdown table."""
    if not rows:
        return ""
    columns = list(rows[0])
    widths = {c: max(len(c), *(len(str(row.get(c, ""))) for row in rows)) for c in columns}
    line = lambda cells: "| " + " | ".join(cells) + " |"
    out = [line([c.ljust(widths[c]) for c in columns]), line(["-" * widths[c] for c in columns])]
    out += [line([str(row.get(c, "")).ljust(widths[c]) for c in columns]) for row in rows]
    return "\n".join(out)
