int spaced;
