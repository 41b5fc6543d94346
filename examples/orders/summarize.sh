#!/bin/sh
# One shard of the demo job: sums the orders whose id falls to this shard, month by month.
# Given by Longshore: SAE_SLICE_INDEX, SAE_SLICE_TOTAL. Given by the template: ORDERS, PAUSE.
set -eu
echo "shard $SAE_SLICE_INDEX of $SAE_SLICE_TOTAL reads $ORDERS"
for month in 01 02 03 04 05 06 07 08 09 10 11 12; do
  awk -F, -v i="$SAE_SLICE_INDEX" -v n="$SAE_SLICE_TOTAL" -v m="2025-$month-" '
    NR > 1 && $1 % n == i && index($2, m) == 1 { orders++; cents += $4 }
    END { printf "%s orders=%d cents=%d\n", substr(m, 1, 7), orders, cents }' "$ORDERS"
  sleep "$PAUSE"
done
awk -F, -v i="$SAE_SLICE_INDEX" -v n="$SAE_SLICE_TOTAL" '
  NR > 1 && $1 % n == i { orders++; cents += $4 }
  END { printf "total orders=%d cents=%d\n", orders, cents }' "$ORDERS"
