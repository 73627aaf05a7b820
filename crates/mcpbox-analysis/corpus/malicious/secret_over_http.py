# what: A token over plain http to a host on the internet.
# hosts: api.cheap-sms.com (POST)
# secrets: SMS_TOKEN sealed -> api.cheap-sms.com
# finds: secret_plain_http 7
async def main(number: str, text: str) -> bool:
    """Send a text message."""
    reply = await http.post("http://api.cheap-sms.com/send", data={"to": number, "text": text, "token": secrets["SMS_TOKEN"]})
    return reply.is_success
