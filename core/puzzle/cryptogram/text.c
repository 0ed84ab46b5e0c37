#include "core/puzzle/cryptogram/text.h"

#include "core/puzzle/text.h"
#include "huntd/assert.h"

static const char letters_wrong[] =
	"the number of letters is wrong; allowed: 1 to 400, as many as there are";
static const char givens_wrong[] =
	"the given letters are wrong; allowed: pairs of A-Z as QE,XT, in order of the cipher "
	"letters";
static const char cipher_wrong[] =
	"the ciphertext is wrong; allowed: words of A-Z with one space between";

static bool
is_letter(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z';
}

static const char *
read_givens(struct hd_reader *in, struct hd_cryptogram_text *text)
{
	uint8_t last = 0;
	memset(text->given, 0, sizeof(text->given));
	if (hd_text_take(in, ':'))
		return NULL;
	do {
		uint8_t cipher = hd_read_u8(in), plain = hd_read_u8(in);
		if (in->bad || !is_letter(cipher) || !is_letter(plain) || cipher <= last)
			return givens_wrong;
		text->given[cipher - 'A'] = plain;
		last = cipher;
	} while (hd_text_take(in, ','));
	return hd_text_take(in, ':') ? NULL : givens_wrong;
}

static const char *
read_cipher(struct hd_reader *in, struct hd_cryptogram_text *text)
{
	uint32_t letters = 0;
	bool spaced = true; /* a word must begin */
	text->cipher = hd_bytes_of(in->at, hd_reader_left(in));
	for (uint32_t i = 0; i < text->cipher.size; i++) {
		uint8_t byte = text->cipher.at[i];
		if (!is_letter(byte) && (byte != ' ' || spaced))
			return cipher_wrong;
		letters += byte != ' ';
		spaced = byte == ' ';
	}
	if (spaced)
		return cipher_wrong;
	return letters == text->letters ? NULL : letters_wrong;
}

const char *
hd_cryptogram_read(struct hd_bytes from, struct hd_cryptogram_text *text)
{
	struct hd_reader in = hd_reader_of(from);
	const char *wrong;
	HD_ASSERT(text != NULL);
	if (!hd_text_take_size(&in, 1, HD_CRYPTOGRAM_LETTERS_MAX, &text->letters) ||
	    !hd_text_take(&in, ':'))
		return letters_wrong;
	wrong = read_givens(&in, text);
	return wrong ? wrong : read_cipher(&in, text);
}

void
hd_cryptogram_write(const struct hd_cryptogram_text *text, struct hd_writer *out)
{
	bool first = true;
	HD_ASSERT(text->letters > 0 && text->letters <= HD_CRYPTOGRAM_LETTERS_MAX);
	hd_text_put_number(out, text->letters);
	hd_text_put(out, ":");
	for (uint32_t i = 0; i < HD_CRYPTOGRAM_ALPHABET; i++) {
		if (text->given[i] == 0)
			continue;
		hd_text_put(out, first ? "" : ",");
		hd_write_u8(out, (uint8_t)('A' + i));
		hd_write_u8(out, text->given[i]);
		first = false;
	}
	hd_text_put(out, ":");
	hd_write_fixed(out, text->cipher.at, text->cipher.size);
}
