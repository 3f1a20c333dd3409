// Sends again what was interrupted to ask for the password.
document.getElementById("go-on").submit();
