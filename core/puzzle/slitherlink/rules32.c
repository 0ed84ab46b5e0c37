/* The rules for grids up to 30 x 30. */
#define LANE  uint32_t
#define LANES 32
#define RULES hd_slither_rules32
#include "core/puzzle/slitherlink/rules.h"
