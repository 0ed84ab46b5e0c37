#include "huntd/order.h"

#include "huntd/assert.h"
#include "huntd/limits.h"

#define SECRET_SIZE 32u
#define SOURCE_MAX  HD_TEXT_MAX

void
hd_order_encode(const struct hd_order *order, struct hd_writer *out)
{
	HD_ASSERT(order->name.size <= HD_ID_MAX && order->source.size <= SOURCE_MAX);
	hd_write_u8(out, order->kind);
	switch ((enum hd_order_kind)order->kind) {
	case HD_ORDER_SECRET:
		HD_ASSERT(order->text.size == SECRET_SIZE);
		hd_write_fixed(out, order->text.at, SECRET_SIZE);
		return;
	case HD_ORDER_DOCUMENT:
		HD_ASSERT(order->version > 0);
		HD_ASSERT(order->text.size + order->definition.size <= HD_DOCUMENT_MAX);
		hd_write_bytes(out, order->name);
		hd_write_varint(out, order->version);
		hd_write_bytes(out, order->source);
		hd_write_bytes(out, order->text);
		hd_write_bytes(out, order->definition);
		return;
	case HD_ORDER_PHASE:
		HD_ASSERT(order->phase <= HD_PHASE_CLOSED);
		hd_write_bytes(out, order->name);
		hd_write_u8(out, order->phase);
		return;
	case HD_ORDER_SETTING:
		hd_write_bytes(out, order->name);
		hd_write_signed(out, order->value);
		return;
	}
	HD_UNREACHABLE();
}

static void
read_document(struct hd_reader *r, struct hd_order *order)
{
	order->name = hd_read_bytes(r, HD_ID_MAX);
	order->version = (uint32_t)hd_read_bounded(r, UINT32_MAX);
	order->source = hd_read_bytes(r, SOURCE_MAX);
	order->text = hd_read_bytes(r, HD_DOCUMENT_MAX);
	order->definition = hd_read_bytes(r, HD_DOCUMENT_MAX - order->text.size);
	if (order->version == 0)
		r->bad = true;
}

bool
hd_order_decode(struct hd_bytes body, struct hd_order *order)
{
	HD_ASSERT(order != NULL);
	HD_ASSERT(body.at != NULL || body.size == 0);
	struct hd_reader r = hd_reader_of(body);
	*order = (struct hd_order){.kind = hd_read_u8(&r)};
	switch (order->kind) {
	case HD_ORDER_SECRET:
		order->text = hd_read_fixed(&r, SECRET_SIZE);
		break;
	case HD_ORDER_DOCUMENT:
		read_document(&r, order);
		break;
	case HD_ORDER_PHASE:
		order->name = hd_read_bytes(&r, HD_ID_MAX);
		order->phase = (uint8_t)hd_read_bounded(&r, HD_PHASE_CLOSED);
		break;
	case HD_ORDER_SETTING:
		order->name = hd_read_bytes(&r, HD_ID_MAX);
		order->value = hd_read_signed(&r);
		break;
	default:
		return false;
	}
	return !r.bad && r.at == r.end;
}
