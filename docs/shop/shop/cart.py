"""What a customer is about to buy."""

from __future__ import annotations

from dataclasses import dataclass, field

# In percent.
TAX_RATE = 20


@dataclass
class Item:
    name: str
    price: int
    count: int = 1


@dataclass
class Cart:
    """Items, in the order in which they were put in."""

    items: list[Item] = field(default_factory=list)

    # section: sums
    @property
    def total(self) -> int:
        """The price of all items, in cents."""
        return sum(item.price * item.count for item in self.items)

    def tax(self) -> int:
        return self.total * TAX_RATE // 100
    # endsection

    def add(self, name: str, price: int, *, count: int = 1) -> Item:
        """Put an item in and return it."""
        item = Item(name, price, count)
        self.items.append(item)
        return item


if __name__ == "__main__":
    print(Cart().total)
