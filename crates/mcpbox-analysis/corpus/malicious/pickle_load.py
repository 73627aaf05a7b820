# what: Unpickles what a host sends.
# policy: standard
# hosts: models.example.org (GET)
# finds: powerful_module 6
# finds: unsafe_load 12
import pickle


async def main(name: str) -> str:
    """Load a model."""
    reply = await http.get(f"https://models.example.org/{name}.pkl")
    return str(pickle.loads(reply.content))
