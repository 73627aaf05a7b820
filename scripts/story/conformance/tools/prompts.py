from typing import Literal

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"


@prompt
def test_simple_prompt() -> str:
    """Says one thing."""
    return "This is a simple prompt for testing."


@prompt(name="test_prompt_with_arguments")
def with_arguments(arg1: Literal["testValue1", "testing"], arg2: str) -> str:
    """Says what it is given.

    Args:
        arg1: The first.
        arg2: The second.
    """
    return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"


@prompt(name="test_prompt_with_embedded_resource")
def embedded(resourceUri: str):
    """Says what stands in a resource of any address."""
    inside = content.resource(resourceUri, "Embedded resource content for testing.", "text/plain")
    return [inside, "Please process the embedded resource above."]


@prompt
def test_prompt_with_image():
    """Shows one red pixel."""
    return [content.image(PIXEL), "Please analyze the image above."]


async def main() -> str:
    """Tells which prompts stand beside it."""
    return "test_simple_prompt, test_prompt_with_arguments, test_prompt_with_image"
