"""Vouchers as staff see them."""

from django.contrib import admin

from maritime.lib.money import format_minor
from payments.admin import links
from payments.admin.read_only import ReadOnlyAdmin
from payments.models import Voucher


@admin.register(Voucher)
class VoucherAdmin(ReadOnlyAdmin):
    """Search by the code that a traveller reads out, or by the cancelled booking."""

    list_display = ("code", "booking", "money", "rest", "is_demo", "expires_at", "created_at")
    list_filter = ("currency", "is_demo", "expires_at")
    list_select_related = ("booking",)
    search_fields = ("=code", "=booking__reference")
    hidden = ("amount", "used")
    extra_fields = ("money", "rest", "refund_pages", "payment_pages")

    @admin.display(description="amount", ordering="amount")
    def money(self, voucher: Voucher) -> str:
        return format_minor(voucher.amount, voucher.currency)

    @admin.display(description="left")
    def rest(self, voucher: Voucher) -> str:
        return format_minor(voucher.left, voucher.currency)

    @admin.display(description="issued by refunds")
    def refund_pages(self, voucher: Voucher) -> str:
        rows = voucher.refunds.select_related("payment").order_by("pk")
        return links.lines([links.refund_link(row) for row in rows])

    @admin.display(description="spent by payments")
    def payment_pages(self, voucher: Voucher) -> str:
        rows = voucher.payments.select_related("booking").order_by("pk")
        return links.lines(
            [links.page_of(row, f"{row.booking.reference}, {links.told(row)}") for row in rows]
        )
