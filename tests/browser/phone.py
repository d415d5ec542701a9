"""A phone on the page, and what a person does with it."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.async_api import Locator, expect


@dataclass(frozen=True)
class Phone:
    """One of the two phones."""

    root: Locator

    async def press(self, name: str) -> None:
        """Press a button of the phone itself, such as Start."""
        await self.root.locator(".opening").get_by_role("button", name=name, exact=True).click()

    async def write(self, words: str) -> None:
        """Type a message and press Enter."""
        box = self.root.get_by_label("Message from")
        await box.fill(words)
        await box.press("Enter")

    async def tap(self, *labels: str) -> Locator:
        """The last of the messages whose buttons were tapped, each after the one before it."""
        tapped = self.root
        for label in labels:
            tapped = await self._tap(label)
        return tapped

    async def reply(self, words: str, to: str) -> None:
        """Answer the newest message that has these words in it."""
        await self.message(to).get_by_role("button", name="Reply").click()
        await self.write(words)

    def button(self, label: str) -> Locator:
        """The newest button of that name."""
        return self.root.get_by_role("button", name=label, exact=True).last

    def message(self, words: str) -> Locator:
        """The newest message with these words in it."""
        return self.root.locator(".message.bot", has_text=words).last

    async def sees(self, words: str) -> None:
        """Nothing, as soon as a message with these words has come and can be read."""
        await expect(self.message(words)).to_be_visible()
        await expect(self.message(words)).to_be_in_viewport()

    def after(self, message: Locator) -> Locator:
        """What the bot has said since that message."""
        return message.locator("xpath=following-sibling::li").and_(self.root.locator(".bot"))

    async def _tap(self, label: str) -> Locator:
        """The message of the tap, once the bot has said something after it."""
        asking = self.root.locator(".message").filter(has=self._open(label)).last
        number = await asking.get_attribute("data-id")
        message = self.root.locator(f'[data-id="{number}"]')
        heard = await self.after(message).count()
        await message.get_by_role("button", name=label, exact=True).click()
        # the next question may have the same words on its buttons
        await expect(self.after(message).nth(heard)).to_be_visible()
        return message

    def _open(self, label: str) -> Locator:
        enabled = self.root.page.locator(".buttons:not(.gone)")
        return enabled.get_by_role("button", name=label, exact=True)
