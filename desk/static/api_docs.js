// Opens Swagger's page; a file of its own, so that the page needs no inline code.
'use strict';

window.addEventListener('load', () => {
  window.SwaggerUIBundle({
    url: '/openapi.json',
    dom_id: '#swagger-ui',
    deepLinking: true,
    // Nothing is sent from here: a try would need the cookie and the token of a session.
    supportedSubmitMethods: [],
  });
});
