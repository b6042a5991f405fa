// Compiled as a file of the room `json`, which may not use `crypto`: the compiler must refuse it.
#include "crypto/certificate.h"

int main() { return 0; }
