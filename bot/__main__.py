"""`python -m bot` is `pupil`."""

from bot.cli import main

if __name__ == "__main__":
    main()
