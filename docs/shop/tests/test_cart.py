from shop.cart import Cart


def test_total_counts_each_item():
    cart = Cart()
    cart.add("tea", 300, count=2)
    cart.add("cup", 900)
    assert cart.total == 1500


def test_tax_is_a_fifth():
    cart = Cart()
    cart.add("tea", 1000)
    assert cart.tax() == 200
