"`python -m aidn_nb` is the command `aidn`. (The one module that no notebook exports.)"
from aidn_nb.cli import main

main()
