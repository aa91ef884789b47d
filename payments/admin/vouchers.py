"""Vouchers as staff see them."""

from django.contrib import admin

from maritime.lib.money import format_minor
from payments.admin.read_only import ReadOnlyAdmin
from payments.models import Voucher


@admin.register(Voucher)
class VoucherAdmin(ReadOnlyAdmin):
    """Search by the code that a traveller reads out, or by the cancelled booking."""

    list_display = ("code", "booking", "money", "rest", "is_demo", "expires_at", "created_at")
    list_filter = ("currency", "is_demo", "expires_at")
    list_select_related = ("booking",)
    search_fields = ("=code", "=booking__reference")

    @admin.display(description="amount", ordering="amount")
    def money(self, voucher: Voucher) -> str:
        return format_minor(voucher.amount, voucher.currency)

    @admin.display(description="left")
    def rest(self, voucher: Voucher) -> str:
        return format_minor(voucher.left, voucher.currency)
