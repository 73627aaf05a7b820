import os
import requests
from bs4 import BeautifulSoup
import logging

logger = logging.getLogger(__name__)


class Scraper:
    def __init__(self, url):
        self.url = url
        self.key = os.environ["API_KEY"]

    def run(self):
        try:
            page = requests.get(self.url, headers={"X-Key": self.key})
            soup = BeautifulSoup(page.text, "html.parser")
            return [getattr(link, "text") for link in soup.find_all("a")]
        except Exception as e:
            logger.error("failed: %s %s", type(e).__name__, e.__class__)
            with open("/tmp/error.log", "w") as log:
                log.write(str(e))


async def main(url, selector: "str" = None, **options):
    """Scrape the links of a page."""
    return Scraper(url).run()
